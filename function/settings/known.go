package settings

import "fmt"

// knownRanges are the first and the last ID of each group of checks, inclusive and without gaps.
var knownRanges = [][2]int{{101, 118}, {201, 223}, {301, 319}, {401, 411}, {501, 509}}

// Known gives the IDs of the checks there are, in order. The list stands here because infra, which is outside of
// function, cannot import the catalogue.
func Known() []string {
	var ids []string
	for _, r := range knownRanges {
		for n := r[0]; n <= r[1]; n++ {
			ids = append(ids, fmt.Sprintf("RW%d", n))
		}
	}
	return ids
}
