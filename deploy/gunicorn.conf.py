"""For those who start gunicorn themselves; `polyclinic serve` uses the same settings.

gunicorn -c deploy/gunicorn.conf.py 'polyclinic.cli.serve:make_application()'
"""

from polyclinic.cli import gunicorn_settings

globals().update({name: value for name, value in vars(gunicorn_settings).items() if not name.startswith("_")})
