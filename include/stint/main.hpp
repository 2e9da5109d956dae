/// Make a program be the command line with its own tasks in it.
#pragma once
#include <initializer_list>
#include "stint/module_definition.hpp"

namespace stint {

/// Run the command line of `stint` with these modules' tasks and commands and return the exit code:
/// 0 done, 1 the job or check failed, 2 usage, 3 not found, 4 not the owner, 5 lost, 69 store
/// unreachable, 75 busy or timed out, 78 configuration. Every mistake in the modules' declarations
/// is reported before anything runs.
int main(int argc, char** argv, std::initializer_list<ModuleDefinition> modules = {});

/// For a program with a main of its own whose `Worker` runs tasks in processes, and for a test that
/// has `stint::testing::Workers`: call it before anything else. A worker starts its slots, and a
/// test its workers, by executing their program again; such a process does its work in this call
/// and never returns. In all others it returns at once. `stint::main` does it itself.
void serve_slot(int argc, char** argv, std::initializer_list<ModuleDefinition> modules = {});

}  // namespace stint
