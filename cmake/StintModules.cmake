# Module files, and programs that load them. Part of the installed package, too: see docs/modules.md.

# stint_add_module(<target> <source>...): a module file, <target>.so, of sources that use
# STINT_MODULE. It has Stint's headers, and takes Stint's functions from the program that loads it:
# never link it with stint::stint.
function(stint_add_module target)
  add_library(${target} MODULE ${ARGN})
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX ".so")
  target_link_libraries(${target} PRIVATE stint::headers)
endfunction()

# stint_enable_modules(<target>): let a program that is linked with stint::stint, and hands over to
# stint::main, load module files. All of the library goes into it, not only what the program uses
# itself, and its functions become visible to modules.
function(stint_enable_modules target)
  # By the name that the link line has; an alias is not one.
  set(library stint::stint)
  get_target_property(aliased stint::stint ALIASED_TARGET)
  if(aliased)
    set(library ${aliased})
  endif()
  set_property(TARGET ${target} PROPERTY LINK_LIBRARY_OVERRIDE_${library} WHOLE_ARCHIVE)
  set(symbols "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/module_symbols.list")
  target_link_options(${target} PRIVATE "LINKER:--dynamic-list=${symbols}")
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${symbols}")
endfunction()
