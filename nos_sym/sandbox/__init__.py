"""Code of others in a process of its own: limits of time and memory, no network, a scratch folder.

:func:`~nos_sym.sandbox.process.run` calls a function of this package in another process, inside bubblewrap
where the code is not trusted, and gives back the JSON that it returned. What comes back is data of a
stranger: whoever asks checks it.
"""
