/// Read which domains a worker serves.
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace stint {

/// Parse "mail=10,bulk=2" (or "mail,bulk": no limit of their own) into the form of
/// WorkerOptions::domains. Throws Error kUsage naming the part that cannot be meant.
std::map<std::string, int> parse_domain_shares(std::string_view text);

/// The reverse, for people to read: "bulk=2,mail=10".
std::string format_domain_shares(const std::map<std::string, int>& shares);

}  // namespace stint
