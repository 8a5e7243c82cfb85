"""What researchers and participants do with studies: each verb one short unit of work."""
