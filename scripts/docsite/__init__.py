"""The site: what MkDocs asks for while it builds, and the pages that are made from the package itself."""
