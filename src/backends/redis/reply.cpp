#include "backends/redis/reply.hpp"
#include <charconv>

namespace stint::redis {

std::string_view Reply::text(std::size_t member) const {
  return member < size() ? text_of(*reply_->element[member]) : std::string_view{};
}

std::int64_t Reply::number(std::size_t member) const {
  return member < size() ? number_of(*reply_->element[member]) : 0;
}

std::string_view Reply::text_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_STATUS &&
      reply.type != REDIS_REPLY_ERROR) {
    return {};
  }
  return {reply.str, static_cast<std::size_t>(reply.len)};
}

std::int64_t Reply::number_of(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_INTEGER) return reply.integer;
  const std::string_view digits = text_of(reply);
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace stint::redis
