// What nearly every page needs, so that it makes one chunk: a dozen small ones cost a slow line a second in headers. The
// page, each section and each page that comes later import it first.
import './names'
import './offline/spool'
import './pages/common'
import './prisons'
import './uuid'
import './components/fields'
import './components/later'
