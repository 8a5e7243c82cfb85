"""What studies need of libraries and files: statistics, plots, exports, packs of stimuli."""
