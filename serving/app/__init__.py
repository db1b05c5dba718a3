"""The pages of `tfmask app`: a server's model at work, and masks to paint.

`painting` and `translation_requests` do the work and need no Gradio. `page` and
`marking_page` build the pages. Only these two import Gradio (extra `app`).
"""
