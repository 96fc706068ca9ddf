// Command genaccount writes a made-up account of any size, as an export that 'rolewatch scan --account' reads.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/rolewatch/rolewatch/function/internal/largeaccount"
)

func main() {
	roles := flag.Int("roles", 10_000, "how many roles")
	functions := flag.Int("functions", 20_000, "how many functions")
	seed := flag.Uint64("seed", 1, "the same seed gives the same account")
	sparse := flag.Bool("sparse", false, "roles with few inline policies that share managed ones")
	flag.Parse()
	if flag.NArg() != 1 || *roles < 1 || *functions < 0 {
		fmt.Fprintln(os.Stderr, "usage: genaccount [-roles N] [-functions N] [-seed N] [-sparse] DIR")
		os.Exit(2)
	}
	profile := largeaccount.Dense
	if *sparse {
		profile = largeaccount.Sparse
	}
	if err := largeaccount.Write(flag.Arg(0), profile, *roles, *functions, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "genaccount:", err)
		os.Exit(1)
	}
}
