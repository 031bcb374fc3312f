"""A judge reads answers aloud: what it is shown, how it is asked, how strictly it is read; a file that resumes."""
