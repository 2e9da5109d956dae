/// Who runs this process, and where.
#pragma once
#include <string>

namespace stint {

/// The name of this machine; empty: it has none.
std::string host_name();

/// The same with its domain, as /etc/hosts has it; no name server is asked, which could take long.
/// Without an entry there, the name as it is.
std::string full_host_name();

/// The kernel's name of this boot, which is new after each; empty if it does not tell.
std::string boot_id();

/// The name of the user whose rights this process has, or else the number.
std::string user_name();

}  // namespace stint
