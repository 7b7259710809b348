// Assigns the units of assignments.json under allocations.lock.json, by an implementation that shares no code with Headgate,
// and prints the same file again.
//
// Run: go run test/golden/assignment/locked/assign.go test/golden/assignment/locked
package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const slots = 10000

type split struct {
	Shares map[string]float64 `json:"shares"`
	Slots  map[string]string  `json:"slots"`
	Moved  map[string]string  `json:"moved"`
}

type epoch struct {
	Epoch    int               `json:"epoch"`
	Salt     string            `json:"salt"`
	Eligible float64           `json:"eligible"`
	Holdout  float64           `json:"holdout"`
	Layer    *string           `json:"layer"`
	Champion string            `json:"champion"`
	Rules    []string          `json:"rules"`
	Pins     map[string]string `json:"overrides"`
	Splits   map[string]split  `json:"splits"`
	Past     []epoch           `json:"past"`
}

type lockFile struct {
	Models map[string]epoch `json:"models"`
	Layers map[string]epoch `json:"layers"`
}

type vector struct {
	Model   string   `json:"model"`
	Unit    string   `json:"unit"`
	Region  string   `json:"region"`
	Epoch   int      `json:"epoch"`
	Slot    int      `json:"slot"`
	Version string   `json:"version"`
	Reason  string   `json:"reason"`
	Owned   int      `json:"owned"`
	Earlier []string `json:"earlier"`
}

// Which rule a request of credit-default matches, by its region; all else stands in the lock.
var rules = map[string]string{"EU": `{"header":{"region":"EU"}}`, "日本": `{"header":{"region":"日本"}}`}

func murmur3(data []byte, h uint32) uint32 {
	length := uint32(len(data))
	mix := func(k uint32) uint32 { return bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593 }
	for ; len(data) >= 4; data = data[4:] {
		h = bits.RotateLeft32(h^mix(binary.LittleEndian.Uint32(data)), 13)*5 + 0xe6546b64
	}
	var tail uint32
	for i, b := range data {
		tail |= uint32(b) << (8 * i)
	}
	h ^= mix(tail) ^ length
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

func slotOf(salt string, unit []byte, seed uint32) int {
	return int(uint64(murmur3(append([]byte(salt+":"), unit...), seed)) * slots >> 32)
}

func fill(owners []string, texts map[string]string) []string {
	for name, text := range texts {
		if text == "rest" { // all that nobody else has
			for slot := range owners {
				if owners[slot] == "" {
					owners[slot] = name
				}
			}
		}
	}
	for name, text := range texts {
		if text == "rest" {
			continue
		}
		for _, part := range strings.Split(text, ",") {
			if part == "" {
				continue
			}
			first, last, isRange := strings.Cut(part, "-")
			from, _ := strconv.Atoi(first)
			to := from
			if isRange {
				to, _ = strconv.Atoi(last)
			}
			for slot := from; slot <= to; slot++ {
				owners[slot] = name
			}
		}
	}
	return owners
}

// Owners of each epoch's splits, newest first.
func tables(entry epoch) []map[string][]string {
	now := map[string][]string{}
	for key, s := range entry.Splits {
		now[key] = fill(make([]string, slots), s.Slots)
	}
	all := []map[string][]string{now}
	for _, past := range entry.Past {
		then := map[string][]string{}
		for key, s := range past.Splits {
			if s.Slots != nil {
				then[key] = fill(make([]string, slots), s.Slots)
			} else {
				then[key] = fill(append([]string{}, all[len(all)-1][key]...), s.Moved)
			}
		}
		all = append(all, then)
	}
	return all
}

type gate struct {
	lock   lockFile
	models map[string][]map[string][]string
	layers map[string][]map[string][]string
}

func (g gate) assign(v vector, unit []byte) vector {
	entry := g.lock.Models[v.Model]
	v.Epoch, v.Slot, v.Owned = entry.Epoch, slotOf(entry.Salt, unit, 0), slots
	v.Earlier = []string{}
	for i, past := range entry.Past {
		v.Earlier = append(v.Earlier, g.models[v.Model][i+1]["split"][slotOf(past.Salt, unit, 0)])
	}
	if version, pinned := entry.Pins[string(unit)]; pinned {
		v.Version, v.Reason = version, "override"
		return v
	}
	key, why, takesAll := "split", "split", false
	for _, rule := range entry.Rules {
		if rule == rules[v.Region] {
			_, champion := entry.Splits[rule].Shares[entry.Champion]
			key, why, takesAll = rule, "rule", !champion
			break
		}
	}
	if reason := g.excluded(v.Model, entry, unit); reason != "" && !takesAll {
		v.Version, v.Reason = entry.Champion, reason
		return v
	}
	v.Reason = why
	owners := g.models[v.Model][0][key]
	v.Version, v.Owned = owners[v.Slot], 0
	for _, owner := range owners {
		if owner == v.Version {
			v.Owned++
		}
	}
	return v
}

func (g gate) excluded(model string, entry epoch, unit []byte) string {
	if slotOf("holdout", unit, 0x686f6c64) < int(math.Round(entry.Holdout*slots)) {
		return "holdout"
	}
	if entry.Layer != nil {
		if g.layers[*entry.Layer][0]["split"][slotOf(*entry.Layer, unit, 0x6c617965)] != model {
			return "ineligible"
		}
	} else if slotOf(entry.Salt, unit, 0x656c6967) >= int(math.Round(entry.Eligible*slots)) {
		return "ineligible"
	}
	return ""
}

func read(path string, into any) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		panic(err)
	}
}

func main() {
	folder := os.Args[1]
	g := gate{models: map[string][]map[string][]string{}, layers: map[string][]map[string][]string{}}
	var vectors []vector
	read(filepath.Join(folder, "allocations.lock.json"), &g.lock)
	read(filepath.Join(folder, "assignments.json"), &vectors)
	for name, entry := range g.lock.Models {
		g.models[name] = tables(entry)
	}
	for name, entry := range g.lock.Layers {
		g.layers[name] = tables(entry)
	}
	for i, v := range vectors {
		unit, err := hex.DecodeString(v.Unit)
		if err != nil {
			panic(err)
		}
		vectors[i] = g.assign(vector{Model: v.Model, Unit: v.Unit, Region: v.Region}, unit)
	}
	text, err := json.Marshal(vectors)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
