package remote

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Address returns the address of the cache without its user and password.
func (c *Cache) Address() string {
	u, err := url.Parse(c.base)
	if err != nil {
		return "" // cannot happen: New has parsed it
	}
	u.User = nil
	return u.String()
}

// Reach asks the cache for an entry that nobody puts, and returns why the cache cannot be used; nil if it answers. It
// takes at most the deadline of a request.
func (c *Cache) Reach() error {
	response, err := c.send(http.MethodGet, sha256.Sum256([]byte("lanser doctor")), nil)
	if err != nil {
		var withAddress *url.Error
		if errors.As(err, &withAddress) { // the address may hold a password
			return withAddress.Err
		}
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNotFound {
		return fmt.Errorf("it answers with %s", response.Status)
	}
	return nil
}
