// A program of a user that loads module files.
#include <stint/main.hpp>

int main(int argc, char** argv) { return stint::main(argc, argv); }
