package ask

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Account stands for all accounts that the policies do not name and do not distinguish from it.
type Account struct {
	ID string
	// Fits is set where a pattern of account IDs covers it, which does not cover all.
	Fits bool
}

// strangers is the account that is tried where the policies distinguish none.
const strangers = "999999999999"

// CallerKeys are the keys whose values say of which account the caller is.
var CallerKeys = []string{"aws:principalaccount", "aws:principalarn"}

// Accounts gives one account for each way in which IDs match the patterns that conditions compare some keys with, those that
// match none first. It is not complete where that takes more work than the budget has.
func (g *Gate) Accounts(keys []string) (list []Account, complete bool) {
	var patterns []string
	add := func(text string) {
		if text != "" && !slices.Contains(patterns, text) {
			patterns = append(patterns, text)
		}
	}
	for st := range g.statements() {
		for _, one := range st.Principals {
			if arn, ok := aws.ParseARNPattern(one.Text); ok {
				add(arn.Account)
			} else if aws.IsAccountID(one.Text) {
				add(one.Text)
			}
		}
	}
	for _, key := range keys {
		for _, text := range g.values[key] {
			for _, id := range idPatterns(text) {
				add(id)
			}
		}
	}
	list, complete = []Account{{ID: strangers}}, true
	if len(patterns) > 0 {
		list, complete = accountsLike(patterns, g.budget.search)
	}
	return append(list, g.besideNumbers(keys, patterns)...), complete
}

// besideNumbers are the accounts whose IDs are next to the numbers that conditions compare some keys with, before and after each: such a
// comparison splits the IDs there. Those that the policies name and the resource's own are left out, and the next ones are taken.
func (g *Gate) besideNumbers(keys, named []string) (list []Account) {
	own, _ := aws.ParseARN(g.Resource)
	walk := func(from, step float64) {
		for n := from; n >= 0 && n < maxID; n += step {
			one := Account{ID: fmt.Sprintf("%0*.0f", idLength, n), Fits: true}
			if one.ID != own.Account && !slices.Contains(named, one.ID) {
				if !slices.Contains(list, one) {
					list = append(list, one)
				}
				return
			}
		}
	}
	for st := range g.statements() {
		for _, c := range st.Conditions {
			if !isOrdered(c.Operator) || !slices.Contains(keys, strings.ToLower(c.Key)) {
				continue
			}
			for _, v := range c.Values {
				if number, err := strconv.ParseFloat(v.Text, 64); err == nil {
					walk(math.Min(math.Ceil(number)-1, maxID-1), -1)
					walk(math.Max(math.Floor(number)+1, 0), 1)
				}
			}
		}
	}
	return list
}

// isOrdered reports whether an operator compares numbers or times, of which there are some before a value and some after it.
func isOrdered(operator string) bool {
	_, name, isSet := strings.Cut(operator, ":")
	if !isSet {
		name = operator
	}
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "numeric") || strings.HasPrefix(name, "date")
}

// maxID is the first number that has more digits than an account's ID.
const maxID = 1e12

// idPatterns are the parts of a text that an account's ID may match: digits and wildcards, which are not wildcards alone. Behind
// twelve digits an asterisk stands for something else.
func idPatterns(text string) (out []string) {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789*?", r) }) {
		digits := strings.ReplaceAll(part, "*", "")
		switch {
		case strings.Trim(part, "*?") == "":
		case len(digits) == idLength:
			out = append(out, digits)
		case len(digits) < idLength && digits != part:
			out = append(out, part)
		}
	}
	return out
}

const idLength = 12

// idPattern is a pattern of account IDs without two asterisks in a row. A set of places in it says how much of the pattern a
// beginning of an ID has matched.
type idPattern string

func newIDPattern(text string) idPattern {
	for strings.Contains(text, "**") {
		text = strings.ReplaceAll(text, "**", "*")
	}
	return idPattern(text)
}

// open adds the places behind asterisks, which may stand for nothing.
func (p idPattern) open(places uint32) uint32 {
	for i := range len(p) {
		if p[i] == '*' && places&(1<<i) != 0 {
			places |= 1 << (i + 1)
		}
	}
	return places
}

func (p idPattern) step(places uint32, digit byte) uint32 {
	var next uint32
	for i := range len(p) {
		switch {
		case places&(1<<i) == 0:
		case p[i] == '*':
			next |= 1 << i
		case p[i] == '?' || p[i] == digit:
			next |= 1 << (i + 1)
		}
	}
	return p.open(next)
}

func (p idPattern) isWhole(places uint32) bool { return places&(1<<len(p)) != 0 }

// beginning is a beginning of IDs, with its places in each pattern.
type beginning struct {
	id     string
	places []uint32
}

// accountsLike gives one account for each way in which IDs match some patterns. Where nothing but IDs is named there is one
// way, which is seen at once where some digit is in none of them.
func accountsLike(texts []string, budget *policy.Budget) (list []Account, complete bool) {
	if id, ok := unlikeAll(texts); ok {
		return []Account{{ID: id}}, budget.Spend(10 + 2*len(texts))
	}
	return accountsByDigits(texts, budget)
}

// accountsByDigits goes through all IDs at once, digit by digit: of those that have matched the patterns alike so far, one goes on.
func accountsByDigits(texts []string, budget *policy.Budget) (list []Account, complete bool) {
	patterns := make([]idPattern, len(texts))
	level := []beginning{{places: make([]uint32, len(texts))}}
	for i, text := range texts {
		patterns[i] = newIDPattern(text)
		level[0].places[i] = patterns[i].open(1)
	}
	digits := digitsFor(texts)
	for range idLength {
		seen := map[string]bool{}
		var next []beginning
		for _, b := range level {
			for _, digit := range digits {
				if !budget.Spend(10 + 2*len(patterns)) {
					return []Account{{ID: strangers}}, false
				}
				after := beginning{b.id + string(digit), make([]uint32, len(patterns))}
				key := make([]byte, 0, 4*len(patterns))
				for i, p := range patterns {
					after.places[i] = p.step(b.places[i], byte(digit))
					key = binary.LittleEndian.AppendUint32(key, after.places[i])
				}
				if !seen[string(key)] {
					seen[string(key)] = true
					next = append(next, after)
				}
			}
		}
		level = next
	}
	for _, b := range level {
		a, isNamed := Account{ID: b.id}, false
		for i, p := range patterns {
			if p.isWhole(b.places[i]) {
				a.Fits, isNamed = true, isNamed || aws.IsAccountID(string(p))
			}
		}
		if !isNamed {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b Account) int { return cmp.Compare(fits(a), fits(b)) })
	return list, true
}

func fits(a Account) int {
	if a.Fits {
		return 1
	}
	return 0
}

// digitsFor are the digits that make a difference to the patterns, after one that makes none, where there is one.
func digitsFor(patterns []string) string {
	all := strings.Join(patterns, "")
	other, named := "", ""
	for _, digit := range "9876543210" {
		if strings.ContainsRune(all, digit) {
			named += string(digit)
		} else if other == "" {
			other = string(digit)
		}
	}
	return other + named
}

// unlikeAll is an ID that is none of some texts, where all of them are IDs and there is a digit that none has: what differs from them does
// so alike.
func unlikeAll(texts []string) (id string, ok bool) {
	if slices.ContainsFunc(texts, func(text string) bool { return !aws.IsAccountID(text) }) {
		return "", false
	}
	for _, digit := range "9876543210" {
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.ContainsRune(text, digit) }) {
			return strings.Repeat(string(digit), idLength), true
		}
	}
	return "", false
}
