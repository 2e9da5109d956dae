#include "base/file_name.hpp"

namespace stint {

std::string file_name_of(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string name;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                          (c == '.' && !name.empty());
    if (is_plain) {
      name += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      name += '%';
      name += kDigits[byte / kDigits.size()];
      name += kDigits[byte % kDigits.size()];
    }
  }
  return name;
}

}  // namespace stint
