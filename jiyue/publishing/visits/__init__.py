"""How often a site is found: referrals and inclusion in search engines."""
