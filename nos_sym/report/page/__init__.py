"""The page of a store: hall of fame, lineages, data sheets and what was saved, in one file of HTML."""
