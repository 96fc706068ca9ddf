package check

import "slices"

// Former is what findings of a check were called in an earlier release. A finding that is open under such a name continues
// under the present one: its ID, the time when it was first seen and its thread stay.
type Former struct {
	// Check is the check's ID then: one that no check has any more, or the check's own where only keys have changed.
	Check string
	// Key gives the present key of a finding that had this one, and false for a key that is not of the former form: present
	// keys are asked for, too. Nil keeps every key.
	Key func(former string) (present string, ok bool)
}

// Named reports whether an ID is the check's, in this release or an earlier one.
func (c *Check) Named(id string) bool {
	return c.ID == id || slices.ContainsFunc(c.Formerly, func(f Former) bool { return f.Check == id })
}

// PresentKey gives the key that a finding of an earlier release has now; false for a finding that the check did not have
// under another name.
func (c *Check) PresentKey(id, key string) (string, bool) {
	for _, f := range c.Formerly {
		switch {
		case f.Check != id:
		case f.Key == nil:
			return key, true
		default:
			if present, ok := f.Key(key); ok {
				return present, true
			}
		}
	}
	return "", false
}
