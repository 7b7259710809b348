// Allocates the shares of allocations.json without a lock (docs/assignment.md, section 4), by an implementation that shares no
// code with Headgate, and prints the same file again.
//
// Run: go run test/golden/assignment/unlocked/allocate.go test/golden/assignment/unlocked
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"unicode/utf16"
)

const slots = 10000
const near = 1e-9

type vector struct {
	Shares map[string]float64 `json:"shares"`
	Names  []string           `json:"names"`
	Counts []int              `json:"counts"`
	Sha256 string             `json:"sha256"`
}

func fmix32(h uint32) uint32 {
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

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
	return fmix32(h ^ mix(tail) ^ length)
}

// Names sort by their UTF-16 code units.
func byUnits(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// Whole slots by largest remainder; ties to the name that sorts first.
func countsOf(names []string, shares map[string]float64) map[string]int {
	counts, missing := map[string]int{}, slots
	for _, name := range names {
		counts[name] = int(math.Floor(shares[name]*slots + near))
		missing -= counts[name]
	}
	rest := func(name string) float64 { return shares[name]*slots - math.Floor(shares[name]*slots+near) }
	order := slices.Clone(names)
	sort.SliceStable(order, func(i, j int) bool { return rest(order[i]) > rest(order[j])+near })
	for _, name := range order[:missing] {
		counts[name]++
	}
	return counts
}

func allocate(shares map[string]float64) ([]string, []int) {
	var all, names []string
	for name := range shares {
		all = append(all, name)
	}
	slices.SortFunc(all, byUnits)
	quotas := countsOf(all, shares)
	var costs [][]float64
	for _, name := range all {
		if quotas[name] == 0 {
			continue
		}
		names = append(names, name)
		seed, row := murmur3([]byte(name), 0x5107), make([]float64, slots)
		for slot := range row {
			u := (float64(fmix32(seed^uint32(slot+1)*0x9e3779b1)) + 0.5) / (1 << 32)
			row[slot] = -math.Log(u) / shares[name]
		}
		costs = append(costs, row)
	}
	owners, surplus := make([]int, slots), make([]int, len(names))
	for slot := range owners {
		for at := range names {
			if costs[at][slot] < costs[owners[slot]][slot] {
				owners[slot] = at
			}
		}
		surplus[owners[slot]]++
	}
	for at, name := range names {
		surplus[at] -= quotas[name]
	}
	for taker := range names {
		for surplus[taker] < 0 {
			var offers []int
			for slot, owner := range owners {
				if surplus[owner] > 0 {
					offers = append(offers, slot)
				}
			}
			regret := func(slot int) float64 { return costs[taker][slot] - costs[owners[slot]][slot] }
			regrets := make([]float64, slots)
			for _, slot := range offers {
				regrets[slot] = regret(slot)
			}
			sort.SliceStable(offers, func(i, j int) bool { return regrets[offers[i]] < regrets[offers[j]] })
			for _, slot := range offers[:min(-surplus[taker], len(offers))] {
				if donor := owners[slot]; surplus[donor] > 0 {
					owners[slot] = taker
					surplus[donor]--
					surplus[taker]++
				}
			}
		}
	}
	return names, owners
}

func main() {
	var vectors []vector
	text, err := os.ReadFile(filepath.Join(os.Args[1], "allocations.json"))
	if err == nil {
		err = json.Unmarshal(text, &vectors)
	}
	if err != nil {
		panic(err)
	}
	for i, v := range vectors {
		names, owners := allocate(v.Shares)
		bytes, counts := make([]byte, slots), make([]int, len(names))
		for slot, owner := range owners {
			bytes[slot] = byte(owner)
			counts[owner]++
		}
		digest := sha256.Sum256(bytes)
		vectors[i] = vector{Shares: v.Shares, Names: names, Counts: counts, Sha256: hex.EncodeToString(digest[:])}
	}
	text, err = json.Marshal(vectors)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
