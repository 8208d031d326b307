"""Files of the library: what comes in, how it is made fit for publication, and what checks ask about it."""
