// A program of the tasks in noop_tasks.cpp; the installed `stint` has the same as a module.
//
//   noop enqueue noop.run
//   noop enqueue noop.sleep ms=50
//   noop worker run --drain
#include <stint/stint.hpp>

STINT_DECLARE_MODULE(noop);

int main(int argc, char** argv) { return stint::main(argc, argv, {noop}); }
