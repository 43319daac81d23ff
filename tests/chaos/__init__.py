"""Whatever can be killed, stopped, cut or lost, at random, under writes and reads: does all hold that was promised?"""
