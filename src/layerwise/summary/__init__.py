"""What recorded builds come to: bottlenecks, hit rates, overheads, the cache's worth, and how two builds differ."""
