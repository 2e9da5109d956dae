#include "base/base64.hpp"
#include <cstddef>
#include <cstdint>

namespace stint {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t kSixBits = 0x3F;

std::uint32_t bits_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t three =
        bits_at(bytes, i) << 16U | bits_at(bytes, i + 1) << 8U | bits_at(bytes, i + 2);
    text += kDigits[three >> 18U & kSixBits];
    text += kDigits[three >> 12U & kSixBits];
    text += i + 1 < bytes.size() ? kDigits[three >> 6U & kSixBits] : '=';
    text += i + 2 < bytes.size() ? kDigits[three & kSixBits] : '=';
  }
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  if (text.ends_with('=')) padding = text.ends_with("==") ? 2 : 1;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t used = i + 4 < text.size() ? 4 : 4 - padding;
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      std::size_t digit = 0;
      if (j < used) digit = kDigits.find(text[i + j]);
      if (digit == std::string_view::npos) return std::nullopt;
      three = three << 6U | static_cast<std::uint32_t>(digit);
    }
    // What the padding cuts off must be nothing.
    if ((three & ((1U << (8U * (4 - used))) - 1U)) != 0) return std::nullopt;
    for (std::size_t j = 0; j + 1 < used; ++j) {
      bytes += static_cast<char>(three >> (16U - 8U * j) & 0xFFU);
    }
  }
  return bytes;
}

}  // namespace stint
