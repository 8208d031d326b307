import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiyue.config.settings.front")
_django = get_wsgi_application()

from jiyue.front.view_counts import COUNTER  # noqa: E402  # these need the settings
from jiyue.front.wsgi import FrontApplication  # noqa: E402

application = FrontApplication(_django)
COUNTER.start()
