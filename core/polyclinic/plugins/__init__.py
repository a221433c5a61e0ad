"""Plugin machinery: hookspecs, manifests, loading, dispatch, sections, enablement and plugin migrations."""
