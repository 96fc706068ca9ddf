package reach

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Wanted are the accounts whose parts the graph of an account takes, the nearest first: those of which policies of the account ask about, and
// whose trust policies name it, and so on from their parts. Left are those that are more than a number.
func Wanted(ties map[string]Ties, account string, most int) (wanted, left []string) {
	all := slices.Sorted(maps.Keys(ties))
	seen := map[string]bool{account: true}
	from := []string{account}
	for i := 0; i < len(from); i++ {
		own := ties[from[i]]
		asks := own.Onward
		if i == 0 {
			asks = own.Asks
		}
		list := asks.Accounts
		if asks.Any {
			list = all
		}
		for _, other := range list {
			t, known := ties[other]
			if !known || seen[other] || !t.Admits.Has(from[i]) {
				continue
			}
			seen[other] = true
			if len(wanted) >= most {
				left = append(left, other)
				continue
			}
			from, wanted = append(from, other), append(wanted, other)
		}
	}
	return wanted, left
}

// MostAccounts is how many other accounts a graph takes at most.
const MostAccounts = 1000

// TooMany says why an account is left out of a graph.
func TooMany(account string) role.Gap {
	return role.Gap{
		What:      fmt.Sprintf("account %s is one of more than %d accounts that the role can get into", account, MostAccounts),
		SettledBy: "Name fewer accounts in the policies for sts:AssumeRole.",
	}
}
