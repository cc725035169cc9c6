"""From a timeline to a video, by ffmpeg."""
