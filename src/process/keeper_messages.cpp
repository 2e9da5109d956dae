#include "process/keeper_messages.hpp"
#include <cstring>
#include <type_traits>

namespace stint {
namespace {

/// Append numbers as eight bytes and texts behind their length. Both ends are the same program.
class Packer final {
 public:
  template <typename Number>
    requires std::is_integral_v<Number> || std::is_enum_v<Number>
  void operator()(const Number& number) {
    const auto wide = static_cast<std::uint64_t>(number);
    text_.append(reinterpret_cast<const char*>(&wide), sizeof wide);
  }
  void operator()(const std::string& text) {
    (*this)(text.size());
    text_ += text;
  }
  template <typename One>
  void operator()(const std::vector<One>& list) {
    (*this)(list.size());
    for (const One& one : list) (*this)(one);
  }
  template <typename First, typename Second>
  void operator()(const std::pair<First, Second>& pair) {
    (*this)(pair.first);
    (*this)(pair.second);
  }
  template <typename One>
  void operator()(const std::optional<One>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Read what a Packer wrote.
class Unpacker final {
 public:
  explicit Unpacker(std::string_view text) : rest_(text) {}

  template <typename Number>
    requires std::is_integral_v<Number> || std::is_enum_v<Number>
  void operator()(Number& number) {
    std::uint64_t wide = 0;
    if (rest_.size() < sizeof wide) {
      fail();
      return;
    }
    std::memcpy(&wide, rest_.data(), sizeof wide);
    rest_.remove_prefix(sizeof wide);
    number = static_cast<Number>(wide);
  }
  void operator()(std::string& text) {
    const std::size_t size = read_count();
    text.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
  }
  template <typename One>
  void operator()(std::vector<One>& list) {
    const std::size_t size = read_count();
    for (std::size_t at = 0; at < size && !has_failed_; ++at) (*this)(list.emplace_back());
  }
  template <typename First, typename Second>
  void operator()(std::pair<First, Second>& pair) {
    (*this)(pair.first);
    (*this)(pair.second);
  }
  template <typename One>
  void operator()(std::optional<One>& value) {
    bool has_value = false;
    (*this)(has_value);
    if (has_value) (*this)(value.emplace());
  }

  bool is_whole() const { return !has_failed_ && rest_.empty(); }

 private:
  /// A count of things that take a byte each at least.
  std::size_t read_count() {
    std::uint64_t count = 0;
    (*this)(count);
    if (count <= rest_.size()) return count;
    fail();
    return 0;
  }
  void fail() {
    has_failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

/// Walk through a message's fields, to write or to read them: one list for both.
template <typename Walker, typename Message>
void walk(Walker& walker, Message& message) {
  using Plain = std::remove_const_t<Message>;
  if constexpr (std::is_same_v<Plain, SpawnRequest>) {
    walker(message.id);
    walker(message.executable);
    walker(message.arguments);
    walker(message.environment);
    walker(message.working_directory);
    walker(message.umask);
    walker(message.no_new_privileges);
    walker(message.limits);
    walker(message.targets);
    walker(message.deadline);
  } else if constexpr (std::is_same_v<Plain, SignalRequest>) {
    walker(message.id);
    walker(message.signal);
  } else if constexpr (std::is_same_v<Plain, DeadlineRequest>) {
    walker(message.id);
    walker(message.deadline);
  } else if constexpr (std::is_same_v<Plain, StartedNotice>) {
    walker(message.id);
    walker(message.pid);
  } else if constexpr (std::is_same_v<Plain, FailedNotice>) {
    walker(message.id);
    walker(message.step);
    walker(message.error);
  } else if constexpr (std::is_same_v<Plain, EndedNotice>) {
    std::int64_t cpu_time = message.status.cpu_time.count();
    walker(message.id);
    walker(message.status.code);
    walker(message.status.signal);
    walker(message.status.dumped_core);
    walker(message.status.peak_memory);
    walker(cpu_time);
    if constexpr (!std::is_const_v<Message>) {
      message.status.cpu_time = std::chrono::microseconds{cpu_time};
    }
  } else {
    static_assert(std::is_same_v<Plain, ReadyNotice>);
  }
}

template <typename Variant>
std::string encode_variant(const Variant& variant) {
  Packer packer;
  packer(variant.index());
  std::visit([&](const auto& message) { walk(packer, message); }, variant);
  return packer.take();
}

/// Make the alternative of that number and read its fields.
template <typename Variant, std::size_t At = 0>
bool read_alternative(Unpacker& unpacker, std::size_t index, Variant& to) {
  if constexpr (At == std::variant_size_v<Variant>) {
    return false;
  } else {
    if (index != At) return read_alternative<Variant, At + 1>(unpacker, index, to);
    walk(unpacker, to.template emplace<At>());
    return unpacker.is_whole();
  }
}

template <typename Variant>
std::optional<Variant> decode_variant(std::string_view text) {
  Unpacker unpacker{text};
  std::size_t index = std::variant_size_v<Variant>;
  unpacker(index);
  Variant variant;
  if (!read_alternative(unpacker, index, variant)) return std::nullopt;
  return variant;
}

}  // namespace

std::string encode(const KeeperRequest& request) { return encode_variant(request); }
std::string encode(const KeeperNotice& notice) { return encode_variant(notice); }

std::optional<KeeperRequest> decode_request(std::string_view text) {
  return decode_variant<KeeperRequest>(text);
}

std::optional<KeeperNotice> decode_notice(std::string_view text) {
  return decode_variant<KeeperNotice>(text);
}

}  // namespace stint
