"""Where jobs run: in this process, in local processes, or on a Ray cluster."""
