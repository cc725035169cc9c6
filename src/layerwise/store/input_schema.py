"""The tables of input manifests: what the keys of a build's steps are made of.

The files stand in directories that builds share, each kept once under the digest of what it holds.
"""

INPUTS = (
    """
    CREATE TABLE inputs (
        build TEXT NOT NULL,  -- its id; the manifest may be there before the build, and without it where it has failed
        at DOUBLE NOT NULL,  -- when it was added
        layout INTEGER NOT NULL,
        document BLOB NOT NULL,
        PRIMARY KEY (build)
    )
    """,
    """
    CREATE TABLE trees (
        seq INTEGER NOT NULL,
        name BLOB NOT NULL,  -- sha256 of the content
        content BLOB NOT NULL,  -- a directory
        PRIMARY KEY (seq),
        UNIQUE (name)
    )
    """,
    """
    CREATE TABLE tree_links (
        parent INTEGER NOT NULL,
        child INTEGER NOT NULL,  -- a directory in it
        PRIMARY KEY (parent, child),
        FOREIGN KEY (parent) REFERENCES trees (seq) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE input_trees (
        build TEXT NOT NULL,
        tree INTEGER NOT NULL,  -- what a step of it takes
        PRIMARY KEY (build, tree),
        FOREIGN KEY (build) REFERENCES inputs (build) ON DELETE CASCADE
    )
    """,
)
