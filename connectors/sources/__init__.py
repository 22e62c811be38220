"""What newsbeam reads: feeds, lists of feeds, web archives, saved pages, extracted texts."""
