// A module that needs a function which nobody has.
#include <stint/stint.hpp>

void function_of_a_library_that_was_not_linked();

STINT_MODULE(undefined, m) { m.task("run", function_of_a_library_that_was_not_linked); }
