  # indented comment
	from   debian:12   as   Base  
Run	echo a
copy   --link    a    b	/c/   
   EnV X=1   Y=2
WORKDIR    /a b  c
cmd     [ "sh" , "-c" , "echo hi" ]   
