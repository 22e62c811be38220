"""Beam transforms for pipelines of one's own: thin shells over what the project's own graph is made of.

`newsbeam.transforms` names them. They stand here because they read in killable processes and check their options as
settings, neither of which the room of pure text work may touch.
"""
