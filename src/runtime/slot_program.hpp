/// How this program is started as one of its own slots.
#pragma once
#include <functional>
#include <optional>
#include "process/channel.hpp"
#include "process/keeper.hpp"

namespace stint {

/// What starts this program again as a slot whose end of the channel is `channel`.
SpawnOptions slot_program(int channel);

/// The descriptor of the channel if this process was started as a slot.
std::optional<int> slot_channel(int argc, char** argv);

/// Note that this program's main hands over to a slot when it was started as one: without that,
/// to start it again would only run the program a second time. Set by `stint::main`.
void can_be_slot();
bool is_able_to_be_slot();

}  // namespace stint
