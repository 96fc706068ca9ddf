package policy

// Lifted gives the Deny statements of the old policies that no statement of the new ones has the meaning of. What they denied
// is open to whoever another policy allows it: Compare reports that of resource policies and of policies that only limit, and
// of identity policies as far as the compared ones allow it.
func Lifted(old, new Set) []StatementRef {
	c := &comparer{}
	c.old, c.statements = numberStatements(old, false, nil)
	c.new, c.statements = numberStatements(new, true, c.statements)
	var list []StatementRef
	for _, cst := range c.lifted() {
		list = append(list, cst.ref())
	}
	return list
}
