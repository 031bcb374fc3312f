"""What the app does, without the screen: every action takes the person who asks and checks what she may do."""
