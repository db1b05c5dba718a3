"""The pages of `tfmask app`: a server's model at work, and masks to paint.

`painting` and `asking` are what the pages do, without Gradio; `page` and
`marking_page` are what is seen, and alone import it (the extra `app`).
"""
