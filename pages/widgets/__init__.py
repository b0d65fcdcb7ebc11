"""Parts of pages. They are in a folder because Streamlit takes every file of pages/ itself for a page."""
