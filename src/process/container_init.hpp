/// The first process of a container.
#pragma once

namespace stint {

/// Where this process is the first of its PID namespace, be what such a one has to be: start the
/// program again as its only child, hand on to it the signals that come, reap every process that
/// has lost its parent, and end as the child ends (128 + the number of the signal that ended it).
/// Returns in every other process, in that child too, and where the child cannot be started. To be
/// called before there are threads, and before anything is done that must not be done twice.
void be_init_if_first(int argc, char** argv);

}  // namespace stint
