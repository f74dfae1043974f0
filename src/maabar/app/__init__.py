"""The browser door: scenarios, runs and products of one folder, on this machine and for nobody else.

In: a folder. Out: pages at an address of 127.0.0.1 with a token in the link. No modelling is done here: what takes long
is the command of the same name in a process of its own (`jobs`), what is quick is a call of the Python door.
"""
