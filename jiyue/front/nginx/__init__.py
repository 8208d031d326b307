"""Configuration for nginx: the same answers as the embedded server, from the same tables.

`sites` makes that of a host with published files (the origin or a read-only
mirror), `balancer` that of the host before them.
"""

from jiyue.front.nginx.balancer import BalancerOptions, balancer_config
from jiyue.front.nginx.options import NginxOptions, UnusableName
from jiyue.front.nginx.sites import nginx_config

__all__ = ["BalancerOptions", "NginxOptions", "UnusableName", "balancer_config", "nginx_config"]
