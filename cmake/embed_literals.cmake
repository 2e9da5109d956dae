# What the scripts that embed files into headers share.

# MSVC stops at 16 kB a literal and others at 64 kB: longer texts become neighbouring literals,
# cut at line ends so that no character is torn.
set(max_literal_bytes 15000)

# Set <out> to C++ raw string literals that hold the text of <file>.
function(read_as_literals out file)
  file(READ "${file}" text)
  string(FIND "${text}" ")text\"" delimiter)
  if(NOT delimiter EQUAL -1)
    message(FATAL_ERROR "${file}: contains )text\", which ends the literal that it is embedded in")
  endif()
  set(literals "")
  string(LENGTH "${text}" left)
  while(left GREATER max_literal_bytes)
    string(SUBSTRING "${text}" 0 ${max_literal_bytes} head)
    string(FIND "${head}" "\n" cut REVERSE)
    if(cut EQUAL -1)
      message(FATAL_ERROR "${file}: has a line of more than ${max_literal_bytes} bytes")
    endif()
    math(EXPR cut "${cut} + 1")
    string(SUBSTRING "${text}" 0 ${cut} head)
    string(SUBSTRING "${text}" ${cut} -1 text)
    string(APPEND literals "R\"text(${head})text\"\n    ")
    string(LENGTH "${text}" left)
  endwhile()
  string(APPEND literals "R\"text(${text})text\"")
  set(${out} "${literals}" PARENT_SCOPE)
endfunction()
