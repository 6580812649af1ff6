package api

import (
	"strconv"
	"strings"

	"lanser/selectors/fault"
)

// maxShards bounds the shards of a check.
const maxShards = 1000

// Shard is one of several shards of a check, each of which checks some of the workspace's projects (spec section 9).
type Shard struct {
	Number int // from 1
	Of     int // number of shards; 0 for a check that is not divided
}

// ParseShard parses a shard as the option names it, such as "2/4"; the zero value is that of "". The error is Usage.
func ParseShard(s string) (Shard, error) {
	if s == "" {
		return Shard{}, nil
	}
	number, of, _ := strings.Cut(s, "/")
	i, err := strconv.Atoi(number)
	if err != nil {
		return Shard{}, badShard(s)
	}
	n, err := strconv.Atoi(of)
	if err != nil || i < 1 || i > n || n > maxShards {
		return Shard{}, badShard(s)
	}
	return Shard{Number: i, Of: n}, nil
}

func badShard(s string) error {
	return fault.New(fault.Usage, "shard wants I/N with I from 1 to N, at most %d, not %q", maxShards, s).
		WithHint("for example 2/4, the second of four shards")
}

// String returns the shard as the option names it.
func (s Shard) String() string { return strconv.Itoa(s.Number) + "/" + strconv.Itoa(s.Of) }
