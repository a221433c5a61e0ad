"""Users, members, sign-in, sessions, API keys, roles and their assignment per clinic."""
