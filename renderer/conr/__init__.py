"""CoNR's networks (Lin et al., *Collaborative Neural Rendering using Anime Character Sheets*)."""
