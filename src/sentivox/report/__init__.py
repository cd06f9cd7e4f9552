"""Reports on recordings: self-contained HTML pages, subtitles, data frames and plots."""
