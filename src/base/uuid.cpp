#include "base/uuid.hpp"
#include <sys/random.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <fmt/format.h>

namespace stint {

std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::system_error{errno, std::generic_category(), "no random numbers"};
  }
  // RFC 9562: version 4 and its variant.
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    fmt::format_to(std::back_inserter(text), "{:02x}", bytes.at(i));
  }
  return text;
}

}  // namespace stint
