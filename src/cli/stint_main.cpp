// The installed program `stint`: the command line without tasks of its own.
#include "stint/main.hpp"

int main(int argc, char** argv) { return stint::main(argc, argv); }
