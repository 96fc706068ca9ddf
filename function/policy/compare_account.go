package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// exampleAccount is the account of the callers that no policy names, as AWS's documentation has it.
const exampleAccount = "123456789012"

// exampleAccounts are accounts for examples.
var exampleAccounts = []string{exampleAccount, "210987654321", "135792468013", "246801357924", "999988887777"}

// exampleAccountBut is an account that is not among those named.
func exampleAccountBut(accounts []string) string {
	for _, account := range exampleAccounts {
		if !slices.Contains(accounts, account) {
			return account
		}
	}
	for i := range len(accounts) + 1 {
		digits := []byte("900000000000")
		for at := len(digits) - 1; i > 0; at-- {
			digits[at] += byte(i % 10)
			i /= 10
		}
		if !slices.Contains(accounts, string(digits)) {
			return string(digits)
		}
	}
	return exampleAccount
}

// accounts are the account IDs that stand in the values that the keys are compared with.
func (m *mentions) accounts(keys ...string) []string {
	var list []string
	for _, k := range keys {
		for _, text := range m.constants[k] {
			for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
				if isAccountID(word) {
					list = appendNew(list, word)
				}
			}
		}
	}
	return list
}

// maxAccounts bounds how many accounts stand for those that no policy names.
const maxAccounts = 32

// otherAccounts are accounts that are not among those named: one for each way in which an account can match the patterns
// that the keys are compared with.
func (m *mentions) otherAccounts(named []string, keys ...string) []string {
	patterns := m.accountPatterns(keys)
	found := []accountsAlike{{example: exampleAccountBut(named)}}
	var names []language.Pattern
	for _, name := range named {
		names = append(names, language.Literal(name))
	}
	for _, pattern := range patterns {
		var next []accountsAlike
		for _, alike := range found {
			next = append(next, alike.split(pattern, names)...)
		}
		if found = next; len(found) >= maxAccounts {
			m.soft = true
			break
		}
	}
	var list []string
	for _, alike := range found {
		list = appendNew(list, alike.example)
	}
	return list
}

// accountsAlike are the accounts that all patterns so far treat alike, and one of them.
type accountsAlike struct {
	must    [][]language.Pattern
	not     []language.Pattern
	example string
}

// split gives those that the pattern matches and those that it does not, where there are any.
func (a accountsAlike) split(pattern language.Pattern, named []language.Pattern) []accountsAlike {
	in, out := a, a
	in.must = append(slices.Clip(a.must), []language.Pattern{pattern})
	out.not = append(slices.Clip(a.not), pattern)
	var list []accountsAlike
	for _, half := range []accountsAlike{in, out} {
		if half.find(named) {
			list = append(list, half)
		}
	}
	return list
}

func (a *accountsAlike) find(named []language.Pattern) bool {
	q := language.Query{Must: append(slices.Clone(a.must), []language.Pattern{accountDigits()}), Not: slices.Concat(a.not, named)}
	for _, account := range append([]string{a.example}, exampleAccounts...) {
		if passesQuery(&q, account) {
			a.example = account
			return true
		}
	}
	text, outcome := language.Find(q, &language.Budget{Steps: searchSteps})
	a.example = text
	return outcome == language.Found
}

// accountPatterns are the patterns of account IDs, other than of all and of one, that the keys are compared with.
func (m *mentions) accountPatterns(keys []string) []language.Pattern {
	var globs []string
	for _, k := range keys {
		for _, text := range m.constants[k] {
			if segments, ok := splitARN(text); ok {
				text = segments[arnAccount]
			}
			if strings.ContainsAny(text, "*?") && strings.Trim(text, "*") != "" && strings.Trim(text, "0123456789*?") == "" {
				globs = appendNew(globs, text)
			}
		}
	}
	var list []language.Pattern
	for _, glob := range globs {
		list = append(list, spelling{}.pattern(markWildcards(glob)))
	}
	return list
}
